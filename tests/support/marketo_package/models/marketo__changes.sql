-- For each lead and day, the values at the end of the day before the next change.
{{ config(
    materialized='incremental',
    unique_key='lead_day',
    incremental_strategy='delete+insert' if target.type == 'postgres' else 'merge',
) }}
{%- set known = [] -%}
{%- if execute -%}
  {%- for field in run_query('select distinct field from ' ~ ref('marketo__fields')).columns[0].values() -%}
    {%- if field | replace('__c', '_c') in var('lead_history_columns') -%}{%- do known.append(field) -%}{%- endif -%}
  {%- endfor -%}
{%- endif %}
-- depends on {{ ref('marketo__fields') }}
with numbered as (
    select
        changes.lead_id, changes.old_value, fields.field,
        cast(changes.activity_date as date) - 1 as day,
        row_number() over (
            partition by changes.lead_id, changes.primary_attribute_value_id,
                cast(changes.activity_date as date)
            order by changes.activity_date, changes.id desc
        ) as place
    from {{ source('marketo', 'activity_change_data_value') }} as changes
    left join {{ ref('marketo__fields') }} as fields
        on changes.primary_attribute_value_id = fields.id
    where cast(changes.activity_date as date) < cast('{{ env_var("TODAY") }}' as date)
    {% if is_incremental() %}
    and cast(changes.activity_date as date) - 1 >= (select max(day) from {{ this }})
    {% endif %}
)

select
    lead_id, day, lead_id || ' ' || day as lead_day
    {%- for field in known %},
    min(case when field = '{{ field }}' then old_value end) as {{ field | replace('__c', '_c') }},
    max(case when field = '{{ field }}' then 1 else 0 end) as {{ field | replace('__c', '_c') }}_changed
    {%- endfor %}
from numbered
where place = 1
group by 1, 2, 3
