// One sprite of the icons named in icons.json, so that a page loads one small file for all of them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const names = JSON.parse(readFileSync("icons.json", "utf8"));
const symbols = names.map((name) => {
  const svg = readFileSync(`node_modules/lucide-static/icons/${name}.svg`, "utf8");
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.replace(/\s+/g, " ").trim()}</symbol>`;
});
const target = "../src/pinlian/web/static/build";
mkdirSync(target, { recursive: true });
writeFileSync(
  `${target}/icons.svg`,
  `<!-- Lucide, ISC licence -->\n<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
);
