// Draws places, open orders and open alarms with Leaflet; without tiles, as a node cut off has none.
"use strict";
(() => {
  const box = document.querySelector("[data-map]");
  if (!box || !window.L) return;
  const words = box.dataset;
  const classOf = ({ kind, overdue, severity }) =>
    kind === "place" ? "map-place" : kind === "alarm" ? `map-alarm ${severity}` : overdue ? "map-order late" : "map-order";
  const linkOf = ({ kind, id }) => ({
    order: `/staff/orders/${encodeURIComponent(id)}`, alarm: "/staff/alarms",
    place: `/staff?view=open&place=${encodeURIComponent(id)}`,
  })[kind];
  const label = (properties) => {
    const link = document.createElement("a");
    link.href = linkOf(properties);
    link.textContent = properties.kind === "place" ? properties.title
      : `${properties.kind === "order" ? words.order : words.alarm} ${properties.kind === "order" ? properties.id : properties.title}${properties.overdue ? ` · ${words.overdue}` : ""}`;
    return link;
  };
  let map = null, layer = null, isFitted = false;
  // While somebody reads a popup nothing is drawn anew, which would close it; once it is closed, what was left out is.
  let isRead = false, isLeftOut = false, isDrawing = false;
  const renew = async () => {
    const answer = await fetch(words.map, { headers: { "Live-Refresh": "1" } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const data = await answer.json();
    const drawn = document.getElementById("drawn");
    drawn.textContent = drawn.dataset.words.replace("#", data.features.filter(({ properties }) => properties.kind === "order").length);
    if (map === null && data.features.length === 0) { box.firstElementChild.textContent = words.empty; return; }
    if (isRead) { isLeftOut = true; return; }
    if (map === null) {
      box.replaceChildren();
      map = L.map(box, { attributionControl: false, zoomSnap: 0.25, scrollWheelZoom: true });
      map.on("popupopen", () => { isRead = true; });
      map.on("popupclose", () => { isRead = false; if (isLeftOut) draw(); });
    }
    if (layer) layer.remove();
    // Places first, so that what lies in them is drawn above.
    layer = L.geoJSON(data, {
      style: ({ properties }) => ({ className: classOf(properties), weight: properties.kind === "place" ? 1.5 : 1 }),
      pointToLayer: ({ properties }, at) => L.circleMarker(at, { radius: properties.kind === "alarm" ? 9 : 7 }),
      onEachFeature: ({ properties }, shape) => {
        if (properties.kind === "place") shape.bindTooltip(() => document.createTextNode(properties.title), { sticky: true });
        shape.bindPopup(() => label(properties));
      },
    }).addTo(map);
    const bounds = layer.getBounds();
    if (isFitted || !bounds.isValid()) return;
    map.fitBounds(bounds.pad(0.08), { maxZoom: 17 });
    isFitted = true;
  };
  const draw = async () => {
    if (isDrawing) return;
    [isDrawing, isLeftOut] = [true, false];
    try { await renew(); } finally { isDrawing = false; }
  };
  document.addEventListener("refreshed", draw);
  draw();
})();
