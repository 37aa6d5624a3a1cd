-- A row for each email that a run of a campaign sent to a lead, with what became of it.
{% set kinds = {
    'opens': 'open_email', 'clicks': 'click_email', 'bounces': 'email_bounced',
    'deliveries': 'email_delivered', 'unsubscribes': 'unsubscribe_email',
} %}
{% set key = 'email_template_id, campaign_id, campaign_run_id, lead_id' %}
with sends as (
    select {{ key }}, min(activity_date) as sent_at
    from {{ source('marketo', 'activity_send_email') }}
    group by {{ key }}
)

select
    sends.*, campaign.program_id
    {%- for kind in kinds %}, coalesce({{ kind }}.found, 0) as {{ kind }}{% endfor %}
from sends
left join {{ source('marketo', 'campaign') }} as campaign on sends.campaign_id = campaign.id
{%- for kind, activity in kinds.items() %}
left join (
    select {{ key }}, count(*) as found
    from {{ source('marketo', 'activity_' ~ activity) }} group by {{ key }}
) as {{ kind }}
    on sends.email_template_id = {{ kind }}.email_template_id
    and sends.campaign_id = {{ kind }}.campaign_id
    and sends.campaign_run_id = {{ kind }}.campaign_run_id
    and sends.lead_id = {{ kind }}.lead_id
{%- endfor %}
