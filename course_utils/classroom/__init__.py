"""Running the graded assignments: sandbox, grading, collecting, feedback, export."""
