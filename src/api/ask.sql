-- Requests to the reconciler, and waiting for their answers.

-- name: ask_create nothing
insert into requests (organization_id, id, kind, cloud_account_id)
values (tenant(), :{request_id}::uuid, :{kind}, :{cloud_account_id}::uuid);

-- name: ask_listen nothing
listen diurnal_answer;

-- The last statement of its run: the slot is held by the connection, not by
-- the transaction, and must not outlive a run that failed.
-- name: ask_take_slot one
select take_waiting_slot(:{slots}::int);

-- name: ask_answer one_or_none
select answer::text as answer from requests
where organization_id = tenant() and id = :{request_id}::uuid and answered_at is not null;

-- name: ask_unlisten nothing
unlisten diurnal_answer;

-- name: ask_release_slot one
select release_waiting_slots();
