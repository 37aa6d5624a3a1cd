-- Emails as they are now; `email_template_history` has what they were.
{%- set in_program = (
    'case when ' ~ tap_marketo.property('folder', 'type') ~ " = 'Program' then "
    ~ tap_marketo.folder_id() ~ ' end'
) %}
{{ tap_marketo.view_of(
    'emails',
    'id:int name:text description:text subject:text from_name:text from_email:text reply_email:text'
    ~ ' template:int status:text url:text version:int workspace:text program_id:int folder_id:int'
    ~ ' folder_type:text folder_value:int folder_folder_name:text operational:bool'
    ~ ' publish_to_msi:bool text_only:bool web_view:bool created_at:time updated_at:time',
    {
        'subject': ('subject', tap_marketo.property('subject', 'value')),
        'from_name': ('from_name', tap_marketo.property('from_name', 'value')),
        'from_email': ('from_email', tap_marketo.property('from_email', 'value')),
        'reply_email': ('reply_email', tap_marketo.property('reply_email', 'value')),
        'program_id': ('folder', in_program),
        'folder_id': ('folder', tap_marketo.folder_id()),
        'folder_type': ('folder', tap_marketo.property('folder', 'type')),
        'folder_value': ('folder', tap_marketo.folder_id()),
        'folder_folder_name': ('folder', tap_marketo.property('folder', 'folderName')),
    },
) }}
