// Write the product illustrations that the market knows as one SVG file each.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const from = (path) => fileURLToPath(new URL(path, import.meta.url));

const set = JSON.parse(readFileSync(require.resolve("@iconify-json/fluent-emoji/icons.json"), "utf8"));
const wanted = JSON.parse(readFileSync(from("../../../src/pinlian/apps/market/illustrations.json"), "utf8"));
const target = from("../../../src/pinlian/web/static/build/illustrations");

mkdirSync(target, { recursive: true });
copyFileSync(from("fluent-emoji-license.txt"), join(target, "LICENSE.txt"));
for (const name of Object.values(wanted).flatMap(Object.keys)) {
  const icon = set.icons[name];
  if (!icon) {
    throw new Error(`${set.prefix} has no icon named ${name}`);
  }
  const [width, height] = [icon.width ?? set.width ?? 16, icon.height ?? set.height ?? 16];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">${icon.body}</svg>\n`;
  writeFileSync(join(target, `${name}.svg`), svg);
}
