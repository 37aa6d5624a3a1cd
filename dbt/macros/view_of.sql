{#
  A view of a loaded table: the wanted columns with their types, null where the table lacks them,
  and no rows where there is no table.

  stream       the tap's stream
  wanted       'name:type …'; types are text, int, bool, time
  expressions  name → (column it is made of, SQL), where it is not the column of its name
  others       whether the table's other columns follow
#}
{% macro view_of(stream, wanted, expressions={}, others=false) %}
{%- set relation = source('marketo_loaded', stream) -%}
{%- set loaded = load_relation(relation) if execute else none -%}
{%- set present = tap_marketo.column_names(loaded) -%}
{%- if 'createdat' in present or 'marketoguid' in present -%}
  {%- do exceptions.raise_compiler_error(
      relation ~ ' has column names as Marketo has them: load it with field_names: snake_case'
  ) -%}
{%- endif -%}
{%- set types = {
    'text': dbt.type_string(), 'int': dbt.type_bigint(),
    'bool': dbt.type_boolean(), 'time': dbt.type_timestamp(),
} -%}
{%- set batched = ['_sdc_batched_at', '_sdc_extracted_at'] | select('in', present) | list -%}
{%- set made = {'_fivetran_synced': (batched[0], batched[0])} if batched else {} -%}
{%- do made.update(expressions) -%}
{%- set names = [] -%}
select
{%- for one in (wanted ~ ' _fivetran_synced:time').split() %}
  {%- set name, type = one.split(':') %}
  {%- do names.append(name) %}
  {%- set column, sql = made.get(name, (name, adapter.quote(name))) %}
    cast({{ sql if column in present else 'null' }} as {{ types[type] }}) as {{ adapter.quote(name) }}
  {{- ',' if not loop.last }}
{%- endfor %}
{%- if others %}
  {%- for name in present if name not in names %}
    , {{ adapter.quote(name) }}
  {%- endfor %}
  {%- for alias, name in tap_marketo.history_columns(present) if alias not in names %}
    , {{ adapter.quote(name) }} as {{ adapter.quote(alias) }}
  {%- endfor %}
{%- endif %}
{% if loaded is not none -%}
from {{ relation }}
{%- else -%}
from (select 1 as nothing) as nothing where 1 = 0
{%- endif %}
{% endmacro %}


{% macro column_names(relation) %}
{%- set names = [] -%}
{%- if relation is not none -%}
  {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- do names.append(column.name | lower) -%}
  {%- endfor -%}
{%- endif -%}
{{ return(names) }}
{% endmacro %}
