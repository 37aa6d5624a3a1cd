-- Each version of each email that a run of dbt has seen, told apart by `updated_at`.
select *
from {{ ref('email_versions') }}
