{# Conversion of values. A text that does not fit its type becomes null, never an error. #}

{#
  Cast to one of text, int, bool, time.

  sql     expression to cast
  column  loaded column of the expression; none for text from JSON
#}
{% macro converted(sql, type, column=none) %}
{%- set is_text = column is none or column.is_string() -%}
{%- if type == 'text' -%}
  {{ return('cast(' ~ sql ~ ' as ' ~ dbt.type_string() ~ ')') }}
{%- elif type == 'int' -%}
  {{ return('cast(' ~ (tap_marketo.if_matching(sql, '^[+-]?[0-9]{1,18}([.]0*)?$', tap_marketo.before_point(sql)) if is_text else sql) ~ ' as ' ~ dbt.type_bigint() ~ ')') }}
{%- elif type == 'bool' -%}
  {{ return(tap_marketo.as_boolean(sql) if is_text else 'cast(' ~ sql ~ ' as ' ~ dbt.type_boolean() ~ ')') }}
{%- elif is_text -%}
  {#- Dates of assets end in Z+0000. -#}
  {{ return('cast(' ~ tap_marketo.if_matching(sql, tap_marketo.moment_pattern(), "replace(" ~ sql ~ ", 'Z+0000', 'Z')") ~ ' as ' ~ dbt.type_timestamp() ~ ')') }}
{%- elif 'with time zone' in column.dtype | lower or 'timestamptz' in column.dtype | lower or '_tz' in column.dtype | lower or '_ltz' in column.dtype | lower -%}
  {{ return(adapter.dispatch('in_utc', 'tap_marketo')(sql)) }}
{%- else -%}
  {{ return('cast(' ~ sql ~ ' as ' ~ dbt.type_timestamp() ~ ')') }}
{%- endif -%}
{% endmacro %}


{% macro default__in_utc(sql) %}
{{- return('(' ~ sql ~ " at time zone 'UTC')") -}}
{% endmacro %}

{% macro snowflake__in_utc(sql) %}
{{- return("cast(convert_timezone('UTC', " ~ sql ~ ') as timestamp_ntz)') -}}
{% endmacro %}

{% macro bigquery__in_utc(sql) %}
{{- return('cast(' ~ sql ~ ' as timestamp)') -}}
{% endmacro %}

{% macro databricks__in_utc(sql) %}
{{- return('cast(' ~ sql ~ ' as timestamp)') -}}
{% endmacro %}


{% macro date_pattern() %}
{{- return('^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])') -}}
{% endmacro %}

{% macro moment_pattern() %}
{{- return(
    tap_marketo.date_pattern() ~ '([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?)?'
    ~ '(Z|Z?[+-][0-9]{2}:?[0-9]{2})?$'
) -}}
{% endmacro %}


{# Text before a decimal point. #}
{% macro before_point(sql) %}
{{- return(dbt.split_part('cast(' ~ sql ~ ' as ' ~ dbt.type_string() ~ ')', "'.'", 1) | trim) -}}
{% endmacro %}


{% macro as_boolean(sql) %}
{{- return(
    "(case when lower(" ~ sql ~ ") in ('true', 't', 'yes', 'y', 'on', '1') then true"
    ~ " when lower(" ~ sql ~ ") in ('false', 'f', 'no', 'n', 'off', '0') then false end)"
) -}}
{% endmacro %}


{# The SQL if a text matches a pattern, else null. #}
{% macro if_matching(text, pattern, sql) %}
{{- return('(case when ' ~ tap_marketo.matches(text, pattern) ~ ' then ' ~ sql ~ ' end)') -}}
{% endmacro %}

{# Patterns avoid the backslash, because databases treat it differently. #}
{% macro matches(text, pattern) %}
{{- return(adapter.dispatch('matches', 'tap_marketo')(text, pattern)) -}}
{% endmacro %}

{% macro default__matches(text, pattern) %}
{{- return(text ~ " ~ '" ~ pattern ~ "'") -}}
{% endmacro %}

{% macro duckdb__matches(text, pattern) %}
{{- return('regexp_matches(' ~ text ~ ", '" ~ pattern ~ "')") -}}
{% endmacro %}

{% macro snowflake__matches(text, pattern) %}
{#- Snowflake matches the whole text. -#}
{{- return('regexp_like(' ~ text ~ ", '" ~ pattern ~ ('' if pattern.endswith('$') else '.*') ~ "')") -}}
{% endmacro %}

{% macro bigquery__matches(text, pattern) %}
{{- return('regexp_contains(' ~ text ~ ", '" ~ pattern ~ "')") -}}
{% endmacro %}

{% macro databricks__matches(text, pattern) %}
{{- return(text ~ " rlike '" ~ pattern ~ "'") -}}
{% endmacro %}


{#
  A value of Change Data Value as in the column of its field, but still as text.

  An empty text becomes null, and so does a value that does not fit the type of the field.
#}
{% macro history_value(sql, data_type) %}
{%- set number = '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$' -%}
{%- set whole = '^[+-]?[0-9]{1,18}([.]0*)?$' -%}
{{- return(
    'case when ' ~ sql ~ " = '' then null"
    ~ ' when lower(' ~ data_type ~ ") in ('integer', 'score') then "
    ~ tap_marketo.if_matching(sql, whole, tap_marketo.before_point(sql))
    ~ ' when lower(' ~ data_type ~ ") in ('percent', 'float', 'currency') then "
    ~ tap_marketo.if_matching(sql, number, sql)
    ~ ' when lower(' ~ data_type ~ ") = 'boolean' then (case "
    ~ tap_marketo.as_boolean(sql) ~ " when true then 'true' when false then 'false' end)"
    ~ ' when lower(' ~ data_type ~ ") = 'date' then "
    ~ tap_marketo.if_matching(sql, tap_marketo.date_pattern(), 'substring(' ~ sql ~ ', 1, 10)')
    ~ ' when lower(' ~ data_type ~ ") = 'datetime' then "
    ~ tap_marketo.if_matching(sql, tap_marketo.moment_pattern(), "replace(" ~ sql ~ ", 'Z+0000', 'Z')")
    ~ ' else ' ~ sql ~ ' end'
) -}}
{% endmacro %}
