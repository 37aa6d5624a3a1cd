{#
  Further names for columns of leads, by which models of the history of leads look for them.

  Such a model names a field after its REST name: in lower case where it holds `__c`, and then with
  `_c`; else with an underscore before each capital. The tap takes a run of capitals for one word:
  anonymousIP is anonymous_ip, and gets the further name anonymous_i_p.
#}
{% macro history_columns(present) %}
{%- set aliases = [] -%}
{%- set describe = source('marketo_loaded', 'lead_describe') -%}
{%- if execute and load_relation(describe) is not none -%}
  {%- set query = 'select ' ~ tap_marketo.property('rest', 'name') ~ ' from ' ~ describe -%}
  {%- set bare = {} -%}
  {%- for name in present | sort(reverse=true) -%}
    {%- do bare.update({name | replace('_', ''): name}) -%}
  {%- endfor -%}
  {%- set taken = present | list -%}
  {%- for name in run_query(query).columns[0].values() if name -%}
    {%- if '__c' in name -%}
      {%- set wished = [name | lower, name | lower | replace('__c', '_c')] -%}
    {%- else -%}
      {%- set wished = [modules.re.sub('[A-Z]', '_\\g<0>', name).lower().lstrip('_')] -%}
    {%- endif -%}
    {%- for alias in wished if alias not in taken and alias | replace('_', '') in bare -%}
      {%- do taken.append(alias) -%}
      {%- do aliases.append((alias, bare[alias | replace('_', '')])) -%}
    {%- endfor -%}
  {%- endfor -%}
{%- endif -%}
{{ return(aliases) }}
{% endmacro %}
