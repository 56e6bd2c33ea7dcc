// <hand-out>: the leader's device reads what buyers wrote for it, and scans the codes that they show.
import { decodeQR } from "qr/decode.js";

import { element } from "./elements";
import { openDetails } from "./sealed-details";
import { text } from "./texts";
import { agreeAndUse, person } from "./wallet";
import { Declined } from "./confirm-dialog";

interface Details {
  name?: string;
  phone?: string;
  wish?: string;
}

const FRAMES_PER_SECOND = 8;

/** Reads one QR code from a video frame: by the browser's own detector where it has one. */
async function readFrame(video: HTMLVideoElement, canvas: HTMLCanvasElement): Promise<string | undefined> {
  const width = (canvas.width = video.videoWidth);
  const height = (canvas.height = video.videoHeight);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null || width === 0) return undefined;
  context.drawImage(video, 0, 0, width, height);
  if (window.BarcodeDetector !== undefined) {
    const [code] = await new window.BarcodeDetector({ formats: ["qr_code"] }).detect(canvas);
    return code?.rawValue;
  }
  try {
    return decodeQR(context.getImageData(0, 0, width, height));
  } catch {
    // No code in this frame: the decoder has no other way to say so.
    return undefined;
  }
}

class HandOut extends HTMLElement {
  private stream: MediaStream | undefined;

  connectedCallback(): void {
    this.querySelector("[data-scan]")?.addEventListener("click", () => void this.scan());
    this.querySelector("[data-read]")?.addEventListener("click", () => void this.readDetails());
  }

  disconnectedCallback(): void {
    this.stopCamera();
  }

  private stopCamera(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
  }

  private async scan(): Promise<void> {
    const place = this.querySelector<HTMLElement>("[data-camera]");
    const field = this.querySelector<HTMLInputElement>("input[name=code]");
    if (!place || !field?.form || this.stream !== undefined) return;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      place.replaceChildren(element("p", { class: "alert alert-warning" }, text("camera_missing")));
      field.focus();
      return;
    }
    const video = element("video", { playsinline: true, muted: true, class: "camera" });
    video.srcObject = this.stream;
    place.replaceChildren(video);
    await video.play();
    const canvas = document.createElement("canvas");
    while (this.stream?.active) {
      const found = await readFrame(video, canvas);
      if (found !== undefined) {
        this.stopCamera();
        place.replaceChildren();
        field.value = found.slice(found.lastIndexOf("/") + 1);
        field.form.requestSubmit();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000 / FRAMES_PER_SECOND));
    }
  }

  private async readDetails(): Promise<void> {
    const who = person();
    if (who === undefined) return;
    const summary = { title: text("read_details"), facts: [], action: text("do_read_details") };
    try {
      await agreeAndUse(who, summary, async ({ encryption }) => {
        for (const place of this.querySelectorAll<HTMLElement>("[data-sealed]")) {
          const { name, phone, wish } = await openDetails<Details>(place.dataset.sealed ?? "", encryption);
          place.replaceChildren(...[name, phone, wish].filter(Boolean).map((part) => element("span", {}, part as string)));
        }
      });
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
    }
  }
}

customElements.define("hand-out", HandOut);
