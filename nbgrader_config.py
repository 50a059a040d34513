"""nbgrader's settings for this course: read by every `nbgrader` command started in this folder."""

import os
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent
# nbgrader calls `alembic` by bare name and imports the classes below, also without an activated environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
if str(COURSE) not in sys.path:
    sys.path.insert(0, str(COURSE))

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor  # noqa: E402
from nbgrader import preprocessors as steps  # noqa: E402

from course_utils.classroom import collection, execute, feedback, markdown, release, restore  # noqa: E402

c = get_config()  # noqa: F821 - given by nbgrader

c.CourseDirectory.course_id = "medmnist"
c.CourseDirectory.root = str(COURSE)
c.CourseDirectory.source_directory = "solutions"  # the masters, with answers and hidden tests
c.CourseDirectory.release_directory = "assignments"  # what students get; generated, committed
release.configure(c)  # what stands where a solution stood
# Everything about students lies in one folder that git ignores and only you can open.
(COURSE / "grading").mkdir(mode=0o700, exist_ok=True)
c.CourseDirectory.source_with_tests_directory = "grading/source_with_tests"
c.CourseDirectory.solution_directory = "grading/solution"
c.CourseDirectory.submitted_directory = "grading/submitted"
c.CourseDirectory.autograded_directory = "grading/autograded"
c.CourseDirectory.feedback_directory = "grading/feedback"
c.CourseDirectory.db_url = f"sqlite:///{COURSE}/grading/gradebook.db"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".*"]

# The shared folder of a server with many users; set NBGRADER_EXCHANGE, or edit this line.
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", "/srv/nbgrader/exchange")
c.ExchangeFactory.collect = collection.SafeCollect  # copies no links

# Grading: first every cell of the teacher's is put back, then student code runs in a sandbox.
c.Autograde.pre_convert_hook = collection.drop_links_before_grading
c.Autograde.sanitize_preprocessors = [
    steps.ClearOutput,
    restore.Restore,
    steps.OverwriteKernelspec,
    steps.OverwriteCells,
    steps.CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    execute.SandboxedExecute,
    steps.IgnorePattern,
    steps.LimitOutput,
    steps.SaveAutoGrades,
    steps.AssignLatePenalties,
    steps.CheckCellMetadata,
]
c.SandboxedExecute.timeout = 120  # seconds a cell may take
c.SandboxedExecute.total = 600  # seconds a notebook may take

# Feedback and formgrader show no hidden test, no answer, and no script of a student's.
c.GenerateFeedback.preprocessors = [steps.GetGrades, feedback.HideTests, CSSHTMLHeaderPreprocessor]
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"markdown2html": markdown.safe_markdown}
