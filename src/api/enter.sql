-- How a transaction takes on who it runs for; always the first statement of
-- a run.  See enter() in migrations/0002_identity.sql.

-- name: enter one
select enter(:{token_user}::uuid, :{token_organization}::uuid, :{key_hashes}::bytea[], :{permission},
  :{request}::jsonb);

-- name: enter_nobody one
select enter_anonymous(:{request}::jsonb);

-- name: enter_if_known one
select enter_if_possible(:{token_user}::uuid, :{token_organization}::uuid, :{key_hashes}::bytea[],
  :{request}::jsonb);
