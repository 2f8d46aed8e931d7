// Takes a picture of a page when it has been drawn, which takes a moment on a busy machine. Called by `just pictures`, with the
// browser, the page, the picture and its height.

import { chromium } from "playwright-core";

const [executablePath, url, path, height] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"] });
const page = await browser.newPage({ viewport: { width: 1180, height: Number(height) } });
await page.goto(url);
await page.waitForSelector("html[data-is-ready]");
// Whatever is drawn with the next frame, and what that asks to be drawn with the one after it.
for (let frame = 0; frame < 10; frame += 1) await page.evaluate(() => new Promise(requestAnimationFrame));
await page.screenshot({ path });
await browser.close();
