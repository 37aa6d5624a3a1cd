{# A property of a JSON object, as text. #}
{% macro property(column, name) %}
{{- return(adapter.dispatch('property', 'tap_marketo')(column, name)) -}}
{% endmacro %}

{% macro default__property(column, name) %}
{{- return('(' ~ column ~ " ->> '" ~ name ~ "')") -}}
{% endmacro %}


{# The value of one attribute in a list of names and values. #}
{% macro attribute(column, name) %}
{{- return(adapter.dispatch('attribute', 'tap_marketo')(column, name)) -}}
{% endmacro %}

{% macro duckdb__attribute(column, name) %}
{{- return(
    "(list_filter(cast(" ~ column ~ " as json[]), one -> (one ->> 'name') = '" ~ name ~ "')[1]"
    ~ " ->> 'value')"
) -}}
{% endmacro %}

{% macro postgres__attribute(column, name) %}
{{- return(
    "(select one ->> 'value' from unnest(" ~ column ~ ") as one where one ->> 'name' = '" ~ name
    ~ "' limit 1)"
) -}}
{% endmacro %}


{# The number of a folder, which Marketo spells in two ways. #}
{% macro folder_id() %}
{{- return(
    'coalesce(' ~ tap_marketo.property('folder', 'value') ~ ', '
    ~ tap_marketo.property('folder', 'id') ~ ')'
) -}}
{% endmacro %}
