{# Reading nested values, which loaders store as JSON, as text, or as a special type. #}

{# A property of an object, as text. `column` is a column as the adapter describes it. #}
{% macro property(column, name) %}
{{- return(adapter.dispatch('property', 'tap_marketo')(adapter.quote(column.name), name, column)) -}}
{% endmacro %}

{% macro default__property(quoted, name, column) %}
{{- return("(cast(" ~ quoted ~ " as jsonb) ->> '" ~ name ~ "')") -}}
{% endmacro %}

{% macro duckdb__property(quoted, name, column) %}
{{- return("json_extract_string(cast(" ~ quoted ~ " as json), '$." ~ name ~ "')") -}}
{% endmacro %}

{% macro snowflake__property(quoted, name, column) %}
{%- set object = 'try_parse_json(' ~ quoted ~ ')' if column.is_string() else quoted -%}
{{- return("cast(get_path(" ~ object ~ ", '" ~ name ~ "') as varchar)") -}}
{% endmacro %}

{% macro bigquery__property(quoted, name, column) %}
{{- return("json_value(" ~ quoted ~ ", '$." ~ name ~ "')") -}}
{% endmacro %}

{% macro redshift__property(quoted, name, column) %}
{%- set text = quoted if column.is_string() else 'json_serialize(' ~ quoted ~ ')' -%}
{{- return("json_extract_path_text(" ~ text ~ ", '" ~ name ~ "', true)") -}}
{% endmacro %}

{% macro databricks__property(quoted, name, column) %}
{%- set text = quoted if column.is_string() else 'to_json(' ~ quoted ~ ')' -%}
{{- return("get_json_object(" ~ text ~ ", '$." ~ name ~ "')") -}}
{% endmacro %}


{# The value of one attribute in a list of names and values. #}
{% macro attribute(column, name) %}
{{- return(adapter.dispatch('attribute', 'tap_marketo')(adapter.quote(column.name), name, column)) -}}
{% endmacro %}

{% macro default__attribute(quoted, name, column) %}
{#- A loader writes a list as jsonb, or as an array of jsonb. -#}
{%- set items = 'unnest(' ~ quoted ~ ')' if '[]' in column.dtype or 'ARRAY' in column.dtype | upper
    else 'jsonb_array_elements(cast(' ~ quoted ~ ' as jsonb))' -%}
{{- return(
    "(select cast(item as jsonb) ->> 'value' from " ~ items ~ " as item"
    ~ " where cast(item as jsonb) ->> 'name' = '" ~ name ~ "' limit 1)"
) -}}
{% endmacro %}

{% macro duckdb__attribute(quoted, name, column) %}
{{- return(
    "(select json_extract_string(item, '$.value')"
    ~ " from (select unnest(cast(cast(" ~ quoted ~ " as json) as json[])) as item) as items"
    ~ " where json_extract_string(item, '$.name') = '" ~ name ~ "' limit 1)"
) -}}
{% endmacro %}

{% macro snowflake__attribute(quoted, name, column) %}
{%- set items = 'try_parse_json(' ~ quoted ~ ')' if column.is_string() else quoted -%}
{{- return(
    "cast(get(filter(cast(" ~ items ~ " as array), item -> cast(item:name as varchar) = '" ~ name
    ~ "'), 0):value as varchar)"
) -}}
{% endmacro %}

{% macro bigquery__attribute(quoted, name, column) %}
{{- return(
    "(select json_value(item, '$.value') from unnest(json_query_array(" ~ quoted ~ ")) as item"
    ~ " where json_value(item, '$.name') = '" ~ name ~ "' limit 1)"
) -}}
{% endmacro %}

{% macro redshift__attribute(quoted, name, column) %}
{%- set text = quoted if column.is_string() else 'json_serialize(' ~ quoted ~ ')' -%}
{{- return(
    "regexp_substr(" ~ text ~ ", '\"name\": *\"" ~ name ~ "\", *\"value\": *\"([^\"]*)\"', 1, 1, 'e')"
) -}}
{% endmacro %}

{% macro databricks__attribute(quoted, name, column) %}
{%- set items = "from_json(" ~ (quoted if column.is_string() else 'to_json(' ~ quoted ~ ')')
    ~ ", 'array<struct<name:string,value:string>>')" -%}
{{- return("get(filter(" ~ items ~ ", item -> item.name = '" ~ name ~ "'), 0).value") -}}
{% endmacro %}


{# A row for each number in a text: the table's `id`, and the number as `found`. #}
{% macro numbers_in(relation, id, text) %}
{{- return(adapter.dispatch('numbers_in', 'tap_marketo')(relation, id, text)) -}}
{% endmacro %}

{% macro default__numbers_in(relation, id, text) -%}
select {{ id }}, (regexp_matches({{ text }}, '[0-9]+', 'g'))[1] as found from {{ relation }}
{%- endmacro %}

{% macro duckdb__numbers_in(relation, id, text) -%}
select {{ id }}, unnest(regexp_extract_all({{ text }}, '[0-9]+')) as found from {{ relation }}
{%- endmacro %}

{% macro snowflake__numbers_in(relation, id, text) -%}
select {{ id }}, cast(number.value as varchar) as found
from {{ relation }}, lateral flatten(input => regexp_substr_all({{ text }}, '[0-9]+')) as number
{%- endmacro %}

{% macro bigquery__numbers_in(relation, id, text) -%}
select {{ id }}, found from {{ relation }}, unnest(regexp_extract_all({{ text }}, '[0-9]+')) as found
{%- endmacro %}

{% macro redshift__numbers_in(relation, id, text) -%}
select {{ id }}, cast(number as varchar) as found
from (
    select {{ id }}, split_to_array(regexp_replace({{ text }}, '[^0-9]+', ','), ',') as numbers
    from {{ relation }}
) as listed, listed.numbers as number
where cast(number as varchar) <> ''
{%- endmacro %}

{% macro databricks__numbers_in(relation, id, text) -%}
select {{ id }}, explode(regexp_extract_all({{ text }}, '[0-9]+', 0)) as found from {{ relation }}
{%- endmacro %}
