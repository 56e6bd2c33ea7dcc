// <count-down until="unix seconds" now="server's unix seconds">: how long is left; says so once a minute at most.
import { text } from "./texts";

const HOUR = 3600;
const DAY = 24 * HOUR;

class CountDown extends HTMLElement {
  private timer: number | undefined;

  connectedCallback(): void {
    // The device's clock may be wrong; the server said what time it was when it made the page.
    const ahead = Number(this.getAttribute("now")) - performance.now() / 1000;
    const until = Number(this.getAttribute("until"));
    const tick = () => {
      const left = Math.max(0, Math.round(until - ahead - performance.now() / 1000));
      this.textContent = spell(left);
      if (left > 0) this.timer = window.setTimeout(tick, 1000);
    };
    tick();
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
  }
}

function spell(seconds: number): string {
  if (seconds === 0) return text("time_over");
  const two = (number: number) => String(number).padStart(2, "0");
  const clock = `${two(Math.floor((seconds % DAY) / HOUR))}:${two(Math.floor((seconds % HOUR) / 60))}:${two(seconds % 60)}`;
  return seconds >= DAY ? text("days_and_clock", { days: Math.floor(seconds / DAY), clock }) : clock;
}

customElements.define("count-down", CountDown);
