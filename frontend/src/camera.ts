// Reads QR codes with the device's camera.
import { decodeQR } from "qr/decode.js";

import { element } from "./elements";
import { text } from "./texts";

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

/** The camera in one place of the page. */
export class Camera {
  private stream: MediaStream | undefined;
  private place: HTMLElement | undefined;
  private video: HTMLVideoElement | undefined;
  private readonly canvas = document.createElement("canvas");

  get isOn(): boolean {
    return this.stream !== undefined;
  }

  /** Show the camera in `place`; false, with a note there, if there is none that may be used. */
  async start(place: HTMLElement): Promise<boolean> {
    try {
      // Absent outside secure contexts.
      this.stream = await navigator.mediaDevices?.getUserMedia({ video: { facingMode: "environment" } });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
    if (this.stream === undefined) {
      place.replaceChildren(element("p", { class: "alert alert-warning" }, text("camera_missing")));
      return false;
    }
    this.place = place;
    this.video = element("video", { playsinline: true, muted: true, class: "camera" });
    this.video.srcObject = this.stream;
    place.replaceChildren(this.video);
    await this.video.play();
    return true;
  }

  stop(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.place?.replaceChildren();
    this.stream = this.place = this.video = undefined;
  }

  /** The next code that the camera sees; undefined once it is stopped. */
  async next(): Promise<string | undefined> {
    while (this.stream?.active && this.video !== undefined) {
      const found = await readFrame(this.video, this.canvas);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 1000 / FRAMES_PER_SECOND));
    }
    return undefined;
  }
}
