select
    things.id, things.name, count(sends.lead_id) as sends
    {%- for kind in ['opens', 'clicks', 'bounces', 'deliveries', 'unsubscribes'] %},
    coalesce(sum(sends.{{ kind }}), 0) as {{ kind }}
    {%- endfor %}
from (
    select id, name from (
        select id, name, row_number() over (partition by id order by updated_at desc) as place
        from {{ source('marketo', 'email_template_history') }}
    ) as versions where place = 1
) as things
left join {{ ref('marketo__email_sends') }} as sends on things.id = sends.email_template_id
group by things.id, things.name
