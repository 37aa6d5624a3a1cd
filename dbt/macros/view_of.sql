{#
  A view of a loaded table: the wanted columns with their types, null if the table lacks them, and
  no rows if there is no table.

  stream  the tap's stream
  wanted  columns as 'name:type …'; types are text, int, bool, time
  made    source of a column by its name, if it is not the loaded column of the same name:
          {'of': column, 'property': name or names, 'where': (property, value)}
          {'of': column, 'attribute': name}
          {'of': column}
          {'sql': SQL}
#}
{% macro view_of(stream, wanted, made={}) %}
{%- set columns = tap_marketo.loaded_columns(stream) -%}
{%- set made = dict(made, _fivetran_synced={'of': ['_sdc_batched_at', '_sdc_extracted_at']}) -%}
select
{%- for item in (wanted ~ ' _fivetran_synced:time').split() %}
  {%- set name, type = item.split(':') %}
    {{ tap_marketo.made_column(columns, made.get(name, {'of': name}), type) }} as {{ tap_marketo.alias(name) }}
  {{- ',' if not loop.last }}
{%- endfor %}
{{ tap_marketo.from_loaded(stream) }}
{%- endmacro %}


{% macro from_loaded(stream) %}
{%- set relation = tap_marketo.loaded(stream) -%}
{%- if relation is not none -%}
from {{ relation }}
{%- else -%}
from (select 1 as nothing) as nothing where 1 = 0
{%- endif -%}
{% endmacro %}


{# SQL of a column. A flattening loader writes the property type of folder as `folder__type`. #}
{% macro made_column(columns, how, type) %}
{%- if 'sql' in how -%}{{ return('cast(' ~ how.sql ~ ' as ' ~ tap_marketo.type_of(type) ~ ')') }}{%- endif -%}
{%- set names = [how.of] if how.of is string else how.of -%}
{%- for name in names if name in columns -%}
  {%- set column = columns[name] -%}
  {%- if 'attribute' in how -%}
    {{ return(tap_marketo.converted(tap_marketo.attribute(column, how.attribute), type)) }}
  {%- elif 'property' in how -%}
    {%- set found = [] -%}
    {%- for property in ([how.property] if how.property is string else how.property) -%}
      {%- do found.append(tap_marketo.property(column, property)) -%}
    {%- endfor -%}
    {%- set sql = found[0] if found | length == 1 else 'coalesce(' ~ found | join(', ') ~ ')' -%}
    {%- if 'where' in how -%}
      {%- set sql = '(case when ' ~ tap_marketo.property(column, how.where[0]) ~ " = '" ~ how.where[1] ~ "' then " ~ sql ~ ' end)' -%}
    {%- endif -%}
    {{ return(tap_marketo.converted(sql, type)) }}
  {%- else -%}
    {{ return(tap_marketo.converted(adapter.quote(column.name), type, column)) }}
  {%- endif -%}
{%- endfor -%}
{%- if 'property' in how and 'where' not in how -%}
  {%- for property in ([how.property] if how.property is string else how.property) -%}
    {%- set flat = (names[0] ~ '__' ~ property) | lower -%}
    {%- if flat in columns -%}
      {{ return(tap_marketo.converted(adapter.quote(columns[flat].name), type, columns[flat])) }}
    {%- endif -%}
  {%- endfor -%}
{%- endif -%}
{{ return('cast(null as ' ~ tap_marketo.type_of(type) ~ ')') }}
{% endmacro %}


{% macro type_of(type) %}
{{- return({
    'text': dbt.type_string(), 'int': dbt.type_bigint(),
    'bool': dbt.type_boolean(), 'time': dbt.type_timestamp(),
}[type]) -}}
{% endmacro %}
