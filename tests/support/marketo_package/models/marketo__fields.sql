-- The rule for names, as DuckDB and PostgreSQL read it: it never finds `__c`, and replaces the first
-- capital.
select
    id,
    ltrim(lower(regexp_replace(restname, '[A-Z]', '_')), '_') as field
from {{ source('marketo', 'lead_describe') }}
