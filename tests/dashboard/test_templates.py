"""The template engine makes everything harmless that it renders; forms keep what was typed."""

from html import unescape

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

HOSTILE = 'a\x1b[31m\u202eb\u200b"<'


def render(template, **context):
    return engines.all()[0].from_string(template).render(context)


def test_a_page_is_harmless_in_texts_attributes_and_what_is_called_safe():
    shown = render('<title>{{ x }}</title><p title="{{ x }}">{{ safe }}</p>', x=HOSTILE, safe=mark_safe("\u2066x"))
    assert shown == (
        '<title>a␛[31m\\u202eb\\u200b&quot;&lt;</title><p title="a␛[31m\\u202eb\\u200b&quot;&lt;">\\u2066x</p>'
    )


def test_a_template_of_a_file_is_harmless_too():
    assert "\\u202e" in render_to_string("404.html", {"reason": "\u202e"})


class Typed(forms.Form):
    """The fields that a person types into, and one of choices."""

    text = forms.CharField(strip=False, required=False)
    long = forms.CharField(strip=False, required=False, widget=forms.Textarea)
    hidden = forms.CharField(strip=False, required=False, widget=forms.HiddenInput)
    url = forms.CharField(strip=False, required=False, widget=forms.URLInput)
    choice = forms.ChoiceField(required=False, choices=[("1", "one\u202e")])


@pytest.mark.parametrize("name", ["text", "long", "hidden", "url"])
def test_a_field_keeps_what_was_typed(name):
    shown = render("{{ field }}", field=Typed({name: "a\u200fb\x1b\u00ad"})[name])
    assert "\u200f" not in shown and "a\u200fb\x1b\u00ad" in unescape(shown.replace("&#27;", "\x1b"))


def test_labels_and_errors_of_a_form_are_harmless():
    form = Typed({"choice": "x\u202e"})
    assert "one\\u202e" in render("{{ form.choice }}", form=form)
    assert "x\\u202e" in render("{{ form.errors }}", form=form)


def test_a_hand_written_field_keeps_what_was_typed():
    shown = render('{% load display %}<input value="{{ x|typed }}">', x=HOSTILE)
    assert shown == '<input value="a&#27;[31m&#8238;b&#8203;&quot;&lt;">'
