"use strict";
// Moves thresholds over the counts that stand in the page, and sorts tables. The page is whole without it.

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function nearestEdge(thresholds, group, place) {
  const distances = group.edges.map((edge) => Math.abs(thresholds[edge] - thresholds[place]));
  return distances.indexOf(Math.min(...distances));
}

function ratesOf(group, edge) {
  const below = group.counts.map((row) => sum(row.slice(0, edge + 1)));
  const above = group.counts.map((row) => sum(row.slice(edge + 1)));
  const last = group.counts.length - 1;
  const selected = sum(above);
  const total = selected + sum(below);
  return {
    selection_rate: selected / total,
    true_positive_rate: above[last] / (above[last] + below[last]),
    false_positive_rate: above[0] / (above[0] + below[0]),
    positive_predictive_value: above[last] / selected,
    accuracy: (above[last] + below[0]) / total,
  };
}

function gapOf(gap, rates) {
  const each = gap.rates.map((name) => {
    const values = rates.map((rate) => rate[name]);
    const low = Math.min(...values);
    const high = Math.max(...values);
    return gap.kind === "ratio" ? low / high : high - low;
  });
  return gap.kind === "ratio" ? Math.min(...each) : Math.max(...each);
}

function written(value, format) {
  if (!Number.isFinite(value)) return format.none;
  const text = (value * format.scale).toFixed(format.digits);
  const bare = /[1-9]/.test(text) ? text : text.replace("-", "");
  return bare.replace("-", "\u2212").replace(".", format.point) + format.unit;
}

function shown(cell, value, format) {
  cell.textContent = written(value, format);
  cell.dataset.value = value;
}

function judged(cell, value, ends, data) {
  const inside = (ends[0] === null || value >= ends[0]) && (ends[1] === null || value <= ends[1]);
  const mark = cell.querySelector(".mark") || cell.appendChild(document.createElement("span"));
  mark.className = "mark " + (inside ? "t-pass" : "t-fail");
  mark.textContent = (inside ? "\u2713 " : "\u2715 ") + (inside ? data.inside : data.outside);
}

function startWhatIf(data, grouping) {
  const section = document.getElementById(grouping.id);
  const all = section.querySelector("input.all");
  const ones = [...section.querySelectorAll("input.one")];
  const rateRows = [...section.querySelectorAll("table.rates tbody tr")];
  const gapRows = [...section.querySelectorAll("table.gaps tbody tr")];

  function update() {
    const rates = grouping.groups.map((group, i) => {
      const edge = nearestEdge(data.thresholds, group, Number(ones[i].value));
      const cells = rateRows[i].querySelectorAll("td");
      const threshold = Number(data.thresholds[group.edges[edge]].toPrecision(3));
      const rate = ratesOf(group, edge);
      cells[0].textContent = String(threshold);
      ones[i].setAttribute("aria-valuetext", String(threshold));
      data.rates.forEach((name, place) => shown(cells[place + 1], rate[name], data.formats.rate));
      return rate;
    });
    data.gaps.forEach((gap, i) => {
      const cells = gapRows[i].querySelectorAll("td");
      const value = gapOf(gap, rates);
      shown(cells[1], value, data.formats[gap.format]);
      if (grouping.limits[gap.name]) judged(cells[2], value, grouping.limits[gap.name], data);
    });
  }

  all.closest(".slide").hidden = false;
  all.addEventListener("input", () => {
    ones.forEach((one) => { one.value = all.value; });
    all.setAttribute("aria-valuetext", String(Number(data.thresholds[all.value].toPrecision(3))));
    update();
  });
  ones.forEach((one) => {
    one.hidden = false;
    one.addEventListener("input", update);
  });
  section.addEventListener("input", () => section.classList.add("moved"), { once: true });
}

const POINT = document.documentElement.dataset.point;

function numberIn(cell) {
  const text = cell.firstChild ? cell.firstChild.textContent : "";
  const plain = text.replace(POINT === "." ? /[,\s<+]/g : /[.\s<+]/g, "").replace(POINT, ".").replace("\u2212", "-");
  const found = plain.match(/^-?\d+(\.\d+)?/);
  return found ? Number(found[0]) : NaN;
}

function sortBy(table, column, rising) {
  const body = table.tBodies[0];
  const keyed = [...body.rows].map((row, place) => {
    const cell = row.cells[column];
    return { row, place, number: numberIn(cell), text: cell.textContent.trim() };
  });
  const numeric = keyed.some((item) => !Number.isNaN(item.number));
  keyed.sort((a, b) => {
    // What has no figure stands last either way.
    if (numeric && Number.isNaN(a.number) !== Number.isNaN(b.number)) return Number.isNaN(a.number) ? 1 : -1;
    const order = numeric ? a.number - b.number || 0 : a.text.localeCompare(b.text);
    return (rising ? order : -order) || a.place - b.place;
  });
  body.append(...keyed.map((item) => item.row));
}

function makeSortable(table) {
  if (!table.tHead || table.tBodies[0].rows.length < 3) return;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.querySelector("a") && column > 0) head.classList.add("linked");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...(head.querySelector("a") ? [] : [...head.childNodes]));
    if (head.querySelector("a")) button.setAttribute("aria-label", table.dataset.sort + " " + head.textContent.trim());
    head.append(button);
    button.addEventListener("click", () => {
      const rising = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      sortBy(table, column, rising);
    });
  });
}

function makeFilter(table) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 20) return;
  const label = document.createElement("label");
  label.className = "filter";
  label.textContent = table.dataset.filter + " ";
  const input = label.appendChild(document.createElement("input"));
  input.type = "search";
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
  });
}

document.querySelectorAll("table[data-sort]").forEach((table) => {
  makeSortable(table);
  makeFilter(table);
});
const source = document.getElementById("what-if-data");
if (source) {
  const data = JSON.parse(source.textContent);
  data.groupings.forEach((grouping) => startWhatIf(data, grouping));
}
