"""The whole plan: departments, then people, then the departments that are no longer. Pure.

The same directory and the same state here give the same plan; carried out, it leaves nothing to plan.
"""

from apps.identity.syncing.departments import plan_departments
from apps.identity.syncing.people import People
from apps.identity.syncing.states import Present, Rules, Wanted
from apps.identity.syncing.steps import AdoptDepartment, Plan


def make_plan(wanted: Wanted, present: Present, rules: Rules) -> Plan:
    """Return what would make things here be as the directory has them."""
    structure = plan_departments(wanted, present, rules)
    managed = {each.id for each in present.departments if each.key is not None} | {present.root}
    managed |= {step.department for step in structure.steps if isinstance(step, AdoptDepartment)}
    people = People(present, structure.places, managed, rules)
    steps = tuple(people.plan(wanted, vanishing={each.department for each in structure.deletions}))
    return Plan(
        steps=(*structure.steps, *steps, *structure.deletions),
        findings=(*structure.findings, *people.findings),
    )
