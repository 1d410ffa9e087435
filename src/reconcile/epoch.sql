-- The epoch of a pass.

-- name: epoch_raise one
select raise_epoch(:{now}::timestamptz) as epoch;

-- name: epoch_assert one
select assert_epoch(:{epoch}::bigint);

-- name: epoch_end nothing
update reconciler set ended_at = :{now}::timestamptz;
