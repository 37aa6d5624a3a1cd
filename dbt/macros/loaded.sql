{# Loaded tables and their columns, and the errors when they are missing. #}

{% macro loaded(stream) %}
{{- return(load_relation(source('marketo_loaded', stream)) if execute else none) -}}
{% endmacro %}


{# Columns of a loaded table by lower-case name; none while dbt only parses. #}
{% macro loaded_columns(stream) %}
{%- set relation = tap_marketo.loaded(stream) -%}
{%- set columns = {} -%}
{%- if relation is not none -%}
  {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- do columns.update({column.name | lower: column}) -%}
  {%- endfor -%}
{%- endif -%}
{%- if 'createdat' in columns or 'marketoguid' in columns or 'leadid' in columns -%}
  {%- do exceptions.raise_compiler_error(
      relation ~ ' has the column names of Marketo. Set field_names: snake_case in the'
      ~ ' configuration of tap-marketo, load into a new schema, and name that schema in'
      ~ ' marketo_loaded_schema.'
  ) -%}
{%- endif -%}
{{ return(columns) }}
{% endmacro %}


{#
  Warn about a view that will be empty, and fail if no stream at all is loaded.

  streams  streams of the view, which has rows if any of them is loaded
#}
{% macro expect_any(streams) %}
{%- if execute -%}
  {%- set found = [] -%}
  {%- for stream in streams if tap_marketo.loaded(stream) is not none -%}
    {%- do found.append(stream) -%}
  {%- endfor -%}
  {%- if not found -%}
    {%- set where = source('marketo_loaded', streams[0]) -%}
    {%- do tap_marketo.expect_something(where) -%}
    {%- do exceptions.warn(
        'View ' ~ this.identifier ~ ' is empty: schema ' ~ where.schema ~ ' has no table '
        ~ streams | join(' and no table ') ~ '. Select the stream in tap-marketo and load it, unless'
        ~ ' you do not need this view.'
    ) -%}
  {%- endif -%}
{%- endif -%}
{% endmacro %}


{% macro expect_something(where) %}
{%- for node in graph.sources.values()
    if node.package_name == 'tap_marketo' and node.source_name == 'marketo_loaded' -%}
  {%- if tap_marketo.loaded(node.name) is not none -%}{{ return('') }}{%- endif -%}
{%- endfor -%}
{%- set remedy = ' Run tap-marketo with a loader first, and set the variable marketo_loaded_schema to'
    ~ ' the schema that the loader writes to (now: ' ~ where.schema ~ '), and'
    ~ ' marketo_loaded_database to its database if that is not the database of the profile.' -%}
{%- if adapter.check_schema_exists(where.database, where.schema) -%}
  {%- do exceptions.raise_compiler_error(
      'Schema ' ~ where.schema ~ ' has no table of tap-marketo, so every view would be empty.'
      ~ remedy
  ) -%}
{%- else -%}
  {%- do exceptions.raise_compiler_error(
      'Schema ' ~ where.schema ~ ' does not exist in database ' ~ where.database ~ '.' ~ remedy
  ) -%}
{%- endif -%}
{% endmacro %}
