{# A view without rows: its stream was not loaded, or nothing was in it. #}
{% test has_rows(model) %}
select 'no rows' as problem
where not exists (select 1 from {{ model }})
{% endtest %}
