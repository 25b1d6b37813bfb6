"""Form: Flask-WTF's form that also reads JSON, answers 422 with its errors, and is carried out once.

The only module of the battery that imports Flask-WTF and WTForms.
"""

from typing import Any, ClassVar, Self

from flask import abort, make_response, render_template, request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.wrappers import Response

from demijohn.errorpages import wants_json
from demijohn.forms.bodies import flattened, problem
from demijohn.forms.once import FIELD, claim_submission, new_submission_id


class Form(FlaskForm):
    """A form of ours: everything Flask-WTF documents holds, and three things more.

    - `OrderForm.from_request()` reads a JSON body as it reads a form;
    - `form.invalid("order.html")` answers 422: the page again with its errors, or problem+json;
    - sent twice unchanged, it is carried out once. `once = False` on the class switches that off.
    """

    once: ClassVar[bool] = True

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Read JSON like a form when nothing was passed; Flask-WTF alone takes only flat objects of strings."""
            if formdata is None or isinstance(formdata, MultiDict | CombinedMultiDict):
                return formdata
            if request and form.is_submitted() and request.is_json:
                return json_body()
            return super().wrap_formdata(form, formdata)

    @classmethod
    def from_request(cls, **options: Any) -> Self:
        """The form filled from this request's body, whether it came as a form or as JSON."""
        return cls(**options)

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """Whether the form was sent and is right; what was sent before unchanged ends here with the first answer."""
        valid: bool = super().validate_on_submit(extra_validators=extra_validators)
        if valid and self.once:
            claim_submission(type(self).__qualname__)
        return valid

    def hidden_tag(self, *fields: Any) -> Markup:
        """The hidden fields, and the random id by which a second sending is known."""
        tag: Markup = super().hidden_tag(*fields)
        if not self.once:
            return tag
        return tag + Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, new_submission_id())

    def invalid(self, template: str, **context: Any) -> Response:
        """The answer to a form that is wrong: 422, as problem+json to programs, else `template` with `form` in it."""
        if wants_json():
            return problem({name: texts(errors) for name, errors in self.errors.items() if name is not None})
        context.setdefault("form", self)
        return make_response(render_template(template, **context), 422)


def json_body() -> MultiDict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        abort(400, "The JSON body must be an object with one member per field.")
    return flattened(body)


def texts(errors: Any) -> Any:
    """WTForms' errors as plain JSON: lists of text, or objects of them for forms inside forms."""
    if isinstance(errors, dict):
        return {str(name): texts(inner) for name, inner in errors.items()}
    if isinstance(errors, list | tuple):
        return [texts(inner) for inner in errors]
    return str(errors)
