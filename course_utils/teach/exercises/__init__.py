"""The rules behind the lessons' exercises and quizzes, one module a lesson."""
