// The Shape Detection API, which TypeScript's library does not have yet; absent in some browsers.
interface DetectedBarcode {
  readonly rawValue: string;
}
interface BarcodeDetectorConstructor {
  new (options: { formats: string[] }): { detect(image: CanvasImageSource): Promise<DetectedBarcode[]> };
}
interface Window {
  readonly BarcodeDetector?: BarcodeDetectorConstructor;
}
