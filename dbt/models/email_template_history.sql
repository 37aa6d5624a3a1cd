-- Each version of each email that a run of dbt has seen, identified by `updated_at`.
select *
from {{ ref('email_versions') }}
