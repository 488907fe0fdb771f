/** A canvas to draw a digit on; by keyboard, a digit key writes that digit. */
import { useRef } from 'preact/hooks';

const SIZE = 280;
const PEN = 22;

export function DrawDigit({ onDigit }: { readonly onDigit: (pixels: Float32Array) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef(false);
  const context = () => canvas.current?.getContext('2d', { willReadFrequently: true }) ?? null;
  const clear = () => context()?.clearRect(0, 0, SIZE, SIZE);
  const finish = () => {
    if (canvas.current) onDigit(digitOf(canvas.current));
  };
  const stroke = (event: PointerEvent, begin: boolean) => {
    const drawing = context();
    if (!drawing || !canvas.current) return;
    const box = canvas.current.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) * SIZE) / box.width, ((event.clientY - box.top) * SIZE) / box.height];
    drawing.strokeStyle = '#fff';
    drawing.lineWidth = PEN;
    drawing.lineCap = 'round';
    drawing.lineJoin = 'round';
    if (begin) {
      drawing.beginPath();
      drawing.moveTo(x, y);
    }
    drawing.lineTo(x, y);
    drawing.stroke();
  };
  const type = (event: KeyboardEvent) => {
    const drawing = context();
    if (!drawing || !/^\d$/.test(event.key)) return;
    clear();
    drawing.fillStyle = '#fff';
    drawing.font = 'bold 230px sans-serif';
    drawing.textAlign = 'center';
    drawing.textBaseline = 'middle';
    drawing.fillText(event.key, SIZE / 2, SIZE / 2 + 12);
    finish();
  };
  return (
    <div>
      <p class="faint" id="draw-help">
        Draw a digit from 0 to 9, with a finger or a mouse; or press a digit key.
      </p>
      <canvas
        ref={canvas}
        class="draw"
        width={SIZE}
        height={SIZE}
        tabIndex={0}
        role="img"
        aria-label="Drawing area for a digit"
        aria-describedby="draw-help"
        onKeyDown={type}
        onPointerDown={(event) => {
          pen.current = true;
          event.currentTarget.setPointerCapture(event.pointerId);
          stroke(event, true);
        }}
        onPointerMove={(event) => {
          if (pen.current) stroke(event, false);
        }}
        onPointerUp={() => {
          pen.current = false;
          finish();
        }}
      />
      <p>
        <button type="button" onClick={clear}>
          Clear
        </button>
      </p>
    </div>
  );
}

/** As the digits of the training data: the strokes fitted into 20 x 20, centred by mass in 28 x 28, 0..1. */
function digitOf(source: HTMLCanvasElement): Float32Array {
  const pixels = source.getContext('2d', { willReadFrequently: true })?.getImageData(0, 0, SIZE, SIZE).data ?? new Uint8ClampedArray(SIZE * SIZE * 4);
  let [left, top, right, bottom] = [SIZE, SIZE, 0, 0];
  for (let k = 0; k < SIZE * SIZE; k++) {
    if ((pixels[k * 4 + 3] ?? 0) < 32) continue;
    const [x, y] = [k % SIZE, Math.floor(k / SIZE)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  const small = new OffscreenCanvas(28, 28).getContext('2d');
  if (!small || right < left) return new Float32Array(784);
  const scale = 20 / Math.max(right - left, bottom - top, 1);
  const [width, height] = [(right - left) * scale, (bottom - top) * scale];
  small.drawImage(source, left, top, right - left, bottom - top, (28 - width) / 2, (28 - height) / 2, width, height);
  const { data } = small.getImageData(0, 0, 28, 28);
  return Float32Array.from({ length: 784 }, (_, k) => (data[k * 4 + 3] ?? 0) / 255);
}
