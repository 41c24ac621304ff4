"""The sandbox's fault switchboard: what goes wrong on purpose, exactly when and how.

A fault is written `NAME[=VALUE][@SCOPE][:WHEN]`, or is the name of a preset that stands for several. Faults meet a
request in the order they were given, outermost first: one that answers in the API's place keeps the request from those
behind it, and one that changes an answer leaves alone an answer that another fault has made. Each tenant has its own
counts, bucket and random numbers, also for the faults that are set for all tenants.

- SCOPE is an operation (create, patch, delete, batch, search, get, list), or record (the writes of one record), write,
  read, page (search and list) or any; token is the token endpoint, which belongs to the tenant of the client's secret,
  or where that is nobody's key, to the tenant of the client's id. Paths under `/_sandbox/` are never met.
- WHEN is once, once-at=N, every=N, p=SHARE or always; N counts the requests in scope that reached the fault, from 1. A
  fault that finds nothing to strike has not struck: `once` waits for the next request.
- Whatever strikes before the write leaves nothing behind; whatever strikes after it has everything committed and
  counted. Requests are counted in both cases.
- Random numbers depend on seed, fault, tenant and the number of the request, never on the clock.
"""
