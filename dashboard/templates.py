"""The template engine and the renderer of forms: whatever a page shows is harmless to show (scans/harmless.py)."""

from django.forms.renderers import DjangoTemplates as DjangoForms
from django.template.backends.django import DjangoTemplates, Template
from django.utils.safestring import SafeString

from scans.harmless import exact, harmless

# Widgets in which a person types. Their values return with the form, so they stay as they are.
_TYPED_INTO = {f"django/forms/widgets/{name}.html" for name in ("text", "search", "url", "hidden", "textarea")}


class _HarmlessTemplate(Template):
    def render(self, context=None, request=None) -> SafeString:
        return SafeString(harmless(super().render(context, request)))


class HarmlessTemplates(DjangoTemplates):
    """Django's engine. Everything that it renders, from a page to a report, is made harmless as a whole."""

    def from_string(self, template_code: str) -> _HarmlessTemplate:
        return _HarmlessTemplate(super().from_string(template_code).template, self)

    def get_template(self, template_name: str) -> _HarmlessTemplate:
        return _HarmlessTemplate(super().get_template(template_name).template, self)


class ExactForms(DjangoForms):
    """Django's renderer of forms. The value of a field that a person types into stays exact."""

    def render(self, template_name: str, context: dict, request=None) -> str:
        rendered = super().render(template_name, context, request)
        return SafeString(exact(rendered)) if template_name in _TYPED_INTO else rendered
