-- The current version of each email; earlier ones are in `email_template_history`.
{%- do tap_marketo.expect_any(['emails']) %}
{{ tap_marketo.view_of(
    'emails',
    'id:int name:text description:text subject:text from_name:text from_email:text reply_email:text'
    ~ ' template:int status:text url:text version:int workspace:text program_id:int folder_id:int'
    ~ ' folder_type:text folder_value:int folder_folder_name:text operational:bool'
    ~ ' publish_to_msi:bool text_only:bool web_view:bool created_at:time updated_at:time',
    {
        'subject': {'of': 'subject', 'property': 'value'},
        'from_name': {'of': 'from_name', 'property': 'value'},
        'from_email': {'of': 'from_email', 'property': 'value'},
        'reply_email': {'of': 'reply_email', 'property': 'value'},
        'program_id': {'of': 'folder', 'property': ['value', 'id'], 'where': ('type', 'Program')},
        'folder_id': {'of': 'folder', 'property': ['value', 'id']},
        'folder_type': {'of': 'folder', 'property': 'type'},
        'folder_value': {'of': 'folder', 'property': ['value', 'id']},
        'folder_folder_name': {'of': 'folder', 'property': 'folderName'},
    },
) }}
