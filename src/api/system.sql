-- The installation as anyone may see it.

-- name: system_status one
select json_build_object('bootstrapped', is_bootstrapped(), 'version', :{version}::text)::text as body;
