from openapi_spec_validator import OpenAPIV31SpecValidator

from dashboard.api import openapi
from dashboard.routes import ID, KEY, SLUG, routes


def test_the_description_is_valid_openapi():
    OpenAPIV31SpecValidator(openapi.describe("0.1.0")).validate()


def test_every_address_of_the_api_is_described():
    addresses = {route.path for route in routes() if route.path.startswith(("/api/v1", "/media/"))}
    served = {
        address.removeprefix("/api/v1").replace(SLUG, "{slug}").replace(ID, "{id}").replace(KEY, "{key}")
        for address in addresses
    }

    assert served == set(openapi.describe("0.1.0")["paths"])


def test_every_parameter_that_narrows_a_page_is_described():
    posts = openapi.describe("0.1.0")["paths"]["/events/{slug}/posts"]["get"]
    named = {parameter["name"] for parameter in posts["parameters"] if parameter["in"] == "query"}
    assert named == {"limit", "before", "network", "session", "highlighted", "q"}
