"""From the figures of all rounds to the table and the JSON."""
import statistics


def spread(runs, key):
    values = [run[key] for run in runs]
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def ratio(medians, key, ours, peer):
    """None where there is nothing to divide: a malloc that does not account for itself reports no heap."""
    return medians[ours][key] / medians[peer][key] if ours in medians and medians[peer][key] else None


def judge(row, budget, medians, name):
    """One budget for one of our programs: what it allows, what came out, and whether that is within it."""
    key = budget.figure or row.figures[0][0]
    limit = budget.limit
    if budget.peer:
        if budget.peer not in medians:
            return None
        limit = limit + medians[budget.peer][key] if budget.added else limit * medians[budget.peer][key]
    came_out = medians[name][key]
    met = came_out >= limit if budget.least else came_out <= limit
    return {"figure": key, "limit": limit, "least": budget.least, "peer": budget.peer, "factor": budget.limit, "added": budget.added,
            "came_out": came_out, "met": met}


def summarise(row, runs, skipped):
    """`runs` is {peer name: [figures of each round]}."""
    medians = {name: {key: spread(all_rounds, key)["median"] for key, _, _ in row.figures}
               for name, all_rounds in runs.items()}
    first = row.figures[0][0]
    entries = []
    for peer in row.peers:
        if peer.name in skipped:
            entries.append({"peer": peer.name, "skipped": skipped[peer.name]})
            continue
        mine = peer.name in row.ours
        budgets = [judge(row, budget, medians, peer.name) for budget in row.budgets] if mine else []
        ours = row.ours[0]
        entries.append({
            "peer": peer.name, "ours": mine,
            "figures": {key: {**spread(runs[peer.name], key), "unit": unit, "scale": scale}
                        for key, unit, scale in row.figures},
            "ppn_by_peer": ratio(medians, first, ours, peer.name),
            "budgets": [entry for entry in budgets if entry],
            "peak_rss_kb": max(run["peak_rss_kb"] for run in runs[peer.name]),
            "rounds": runs[peer.name]})
    return {"group": row.group, "row": row.name, "peers": entries}


def number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def show(figure):
    low, middle, high = (number(figure[key] * figure["scale"]) for key in ("lowest", "median", "highest"))
    return f"{middle} {figure['unit']}" + (f" ({low}-{high})" if low != high else "")


def show_budget(entry, figures):
    scale = figures[entry["figure"]]["scale"]
    sign = ">=" if entry["least"] else "<="
    text = f"{sign} {number(entry['limit'] * scale)}"
    if entry["peer"]:
        text += f" = {entry['peer']} + {entry['factor']:g}" if entry["added"] else f" = {entry['factor']:g} x {entry['peer']}"
    return f"{text}: {'met' if entry['met'] else 'MISSED'}"


def verdict(summaries):
    judged = [(f"{summary['row']} ({entry['peer']})", budget["met"])
              for summary in summaries for entry in summary["peers"] for budget in entry.get("budgets", ())]
    missed = [name for name, met in judged if not met]
    names = f": {', '.join(missed)}" if missed else ""
    return f"budgets: {len(judged) - len(missed)} met, {len(missed)} missed{names}"


def table(summaries):
    lines = [("row", "client", "figure (lowest-highest)", "", "ppn / client", "budget")]
    for summary in summaries:
        for entry in summary["peers"]:
            if "skipped" in entry:
                lines.append((summary["row"], entry["peer"], f"skipped ({entry['skipped']})", "", "", ""))
                continue
            shown = [show(figure) for figure in entry["figures"].values()]
            ratio = "" if entry["ours"] or entry["ppn_by_peer"] is None else f"{entry['ppn_by_peer']:.2f}"
            budget = "; ".join(show_budget(budget, entry["figures"]) for budget in entry["budgets"])
            lines.append((summary["row"], entry["peer"], shown[0], ", ".join(shown[1:]), ratio, budget))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
