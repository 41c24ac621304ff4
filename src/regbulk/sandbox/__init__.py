"""The Registrations API as a local server: real storage, several tenants, RFC 6902, DynamoDB-like pages.

Served: create, read, patch, delete, search, event + contact, batch, the token endpoint, `/openapi.json`; `/_sandbox/…`
is for looking inside and for changing the sandbox while it runs. What the document leaves open is answered as below;
each of the dialects in `sandbox/dialect.py` is another answer, for all tenants from the start or for one of them.

Tenants and access
- A tenant is the first part of the path and exists from its first use; nothing is shared between tenants.
- A path or method outside the document is 403, as the authorizer in front of the API denies it; never 404 or 405.
- No credential, an unknown key, a forged or expired token: 401. A key or token of another tenant: 403.
- Without `--api-key`, any non-empty credential opens any tenant; with it, a client secret is one of the keys.
- `/oauth/token` takes form or JSON, ignores client id and audience, and answers tokens that live 24 hours.
- Refused requests answer `{"message": …}`; messages name fields, never values.

Records
- `id`, `number` and `sys_*` are made by the server and refused when given, apart from `sys_external_id`, the five
  `sys_bulk_load_*` and the two `sys_last_bulk_data_operation_*`; a patch may `test` and copy from every field.
- `number` counts the registrations ever made in a tenant, from 1. `sys_version` counts the writes of a record, from 1;
  an accepted patch is a write even when it changes nothing.
- A stored record always has event_id, contact_id, name, type_id and package_id, a cancellation_date when its status is
  cancelled, and membership_information when add_membership_package is true; a write that would break this is 400.
- An unknown top-level field, a wrong type, format or enum, and a null are 400; unknown nested fields are kept.
- A delete is final; a record with `sys_locked` refuses patch and delete with 403.
- Who wrote is a fingerprint of the credential, never the credential itself.

Patch
- RFC 6902 as it stands, all or nothing; the whole record cannot be replaced (path ""); a failed `test` is 400.
- `move` and `copy` need `from`. The media type of a body is not looked at.

Batch
- An envelope that is malformed, has unknown keys or more than 100 operations is 400 and nothing is done; an empty list
  of operations is fine.
- One result per operation, in the order of the request: id, operation, success, status_code, message (null on success).
- Operations run from the last to the first, as no order is promised; a bad one is its own error result.

Reading
- A page reads `--page-size` records ordered by id. A search reads by event_id, ids and contact_id; the other filters
  apply to what was read, so a page may be short or empty and still have a LastEvaluatedKey.
- A cursor comes whenever a page was read in full, so the last page may be empty; at the end the key is absent.
  A cursor says how many pages came before it, so one place may have several.
- A cursor belongs to its tenant and to its event; any other one is 400. It outlives a restart on the same data.
- Lists are any-of, an empty list or text filters nothing, ranges are inclusive, an absent field meets no filter,
  text matches anywhere without regard to case, an unknown key is 400.
- `Count` is the number of records on the page. Event + contact without any record is 404.
- `fields` and `fieldsToReturn` are names joined by commas; unknown names are ignored, and nothing is added to them.
- Reads are always consistent; other query parameters are ignored. In the dialect lagging-reads (and under the fault
  lag) a read shows each record as it was then; a page is read as it was, and `consistentRead` must be `true` to help.
- A record is answered as it is stored. A dialect that changes how values look changes neither what is stored nor what
  a patch tests.

Faults
- Off unless asked for: `--fault SPEC` and `--seed` for all tenants from the start; while it runs `PUT /_sandbox/faults`
  for all and `PUT /_sandbox/faults/{tenant}` for one, with `{"faults": [SPEC…], "seed": 0}`, and `DELETE` of either.
  `GET /_sandbox/faults` shows how often each struck. `sandbox/faults/` says how a SPEC is written, `--faults-list` what
  there is. `PUT /_sandbox/dialects/{tenant}` with `{"dialects": [NAME…]}` sets those of a tenant.
"""
