{# Column names: in the case of each database, and as models of the lead history expect them. #}

{# The quoted name of a column, in the case that the database uses for unquoted names. #}
{% macro alias(name) %}
{{- return(adapter.dispatch('alias', 'tap_marketo')(name)) -}}
{% endmacro %}

{% macro default__alias(name) %}
{{- return(adapter.quote(name)) -}}
{% endmacro %}

{% macro snowflake__alias(name) %}
{{- return(adapter.quote(name | upper)) -}}
{% endmacro %}


{#
  Map the columns of the loaded table leads to their names in the view.

  Models of the lead history expect the name of a custom field with `_c` in place of `__c`. A name
  that is already taken gets `_2`, `_3`.
#}
{% macro lead_names(columns) %}
{%- set names = {} -%}
{%- for column in columns if '__c' not in column -%}
  {%- do names.update({column: column}) -%}
{%- endfor -%}
{%- for column in columns | sort(case_sensitive=true) if '__c' in column -%}
  {%- do names.update({column: tap_marketo.free_name(column | replace('__c', '_c'), names.values())}) -%}
{%- endfor -%}
{{ return(names) }}
{% endmacro %}


{% macro free_name(wanted, taken) %}
{%- if wanted not in taken -%}{{ return(wanted) }}{%- endif -%}
{%- for number in range(2, 2000) if wanted ~ '_' ~ number not in taken -%}
  {{ return(wanted ~ '_' ~ number) }}
{%- endfor -%}
{% endmacro %}


{#
  Map the REST names of lead fields to their names in the view: the tap's rule, then lead_names.

  Where the tap's rule ends a name in a digest, the loaded column that matches is used.
#}
{% macro field_names(fields) %}
{%- set loaded = tap_marketo.loaded_columns('leads').keys() | list -%}
{%- set columns = {} -%}
{%- for field in fields | sort(case_sensitive=true) -%}
  {%- if modules.re.search('(?i)__c(_|$)', field) -%}
    {%- set column = field | lower -%}
  {%- else -%}
    {%- set words = modules.re.sub('([A-Z]+)([A-Z][a-z])', '\\1_\\2', field | replace('_', '__')) -%}
    {%- set words = modules.re.sub('([a-z0-9])([A-Z])', '\\1_\\2', words) -%}
    {%- set column = words | replace('-', '_') | lower -%}
    {%- if modules.re.search('__c(_|$)', column) -%}
      {%- set tagged = '^' ~ modules.re.escape(column) ~ '_[0-9a-f]{6}$' -%}
      {%- for candidate in loaded if modules.re.search(tagged, candidate) -%}
        {%- do columns.update({field: candidate}) -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endif -%}
  {%- if field not in columns -%}
    {%- do columns.update({field: tap_marketo.free_name(column, columns.values())}) -%}
  {%- endif -%}
{%- endfor -%}
{%- for column in columns.values() if column not in loaded -%}
  {%- do loaded.append(column) -%}
{%- endfor -%}
{%- set names = tap_marketo.lead_names(loaded) -%}
{%- set found = {} -%}
{%- for field, column in columns.items() -%}
  {%- do found.update({field: names[column]}) -%}
{%- endfor -%}
{{ return(found) }}
{% endmacro %}
