from tests.demo.conftest import place  # noqa: F401
from tests.personnel.conftest import hire, units  # noqa: F401
