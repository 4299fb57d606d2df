"""What this machine can do, what it lacks, and what mends that."""

from streamdefocus.doctor.examination import Examination, examine
from streamdefocus.doctor.finding import Finding, Status

__all__ = ["Examination", "Finding", "Status", "examine"]
