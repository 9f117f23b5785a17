"""The controls of forms, which we write ourselves: they are what Django's own templates write."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

ODD = """<b>&"'\N{SNOWMAN}"""
CHOICES = [("", "None"), ("a", ODD), (ODD, "B"), ("Group <1>", [("c", "C"), ("d", "D")])]
FIELDS = {
    "text": forms.CharField(max_length=20),
    "email": forms.EmailField(),
    "number": forms.IntegerField(min_value=1, max_value=9),
    "password": forms.CharField(widget=forms.PasswordInput(render_value=True)),
    "hidden": forms.CharField(widget=forms.HiddenInput),
    "moment": forms.DateTimeField(widget=forms.DateTimeInput(attrs={"type": "datetime-local", "data-odd": ODD})),
    "day": forms.DateField(),
    "hour": forms.TimeField(),
    "checkbox": forms.BooleanField(),
    "area": forms.CharField(widget=forms.Textarea(attrs={"readonly": True, "autofocus": False})),
    "choice": forms.ChoiceField(choices=CHOICES),
    "choices": forms.MultipleChoiceField(choices=CHOICES),
}
VALUES = [None, "", "a", ODD, 0, 7, True, False, ["a", "d"]]


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("name", FIELDS)
def test_a_control_is_what_django_draws(name, value):
    form = forms.Form(initial={name: value})
    form.fields[name] = FIELDS[name]
    drawn = form[name].as_widget()
    form.renderer = DjangoTemplates()
    assert parse_html(drawn) == parse_html(form[name].as_widget())
