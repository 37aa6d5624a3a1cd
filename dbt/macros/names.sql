{# Names of columns: as each database folds them, and as models of the lead history look for them. #}

{# A column of a view, under the name that SQL without quotes finds. #}
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
  The name of each column of leads in the view, by its name in the loaded table.

  Models of the lead history look for a custom field under its name with `_c` in place of `__c`.
  A name that is taken already gets `_2`, `_3`.
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
  The name in the view of each lead field, by REST name: the tap's own rule, then the one above.

  Where the tap's rule ends a name in a digest, the loaded column that looks so is taken.
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
