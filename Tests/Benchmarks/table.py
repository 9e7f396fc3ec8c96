"""How results are printed."""


def heading(text):
    print(f"\n{text}", flush=True)


def row(name, value, note=""):
    print(f"  {name:<34} {value:>18}  {note}", flush=True)


class Wanted:
    """Notes what was missed."""

    def __init__(self):
        self.missed = []

    def at_least(self, name, value, unit, bound, note=""):
        self.print(name, value, unit, f"≥ {bound:,g}", value >= bound, note)

    def at_most(self, name, value, unit, bound, note=""):
        self.print(name, value, unit, f"≤ {bound:,.4g}", value <= bound, note)

    def print(self, name, value, unit, bound, is_good, note):
        row(name, f"{value:,.2f} {unit}".rstrip(), f"wanted {bound}{'' if is_good else ': MISSED'}; {note}".rstrip("; "))
        if not is_good:
            self.missed.append(name)
