/** A place where files may be dropped; the input inside it does the same for everyone else. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export function DropZone({ onFiles, children }: { readonly onFiles: (files: readonly File[]) => void; readonly children: ComponentChildren }) {
  const over = useSignal(false);
  return (
    <div
      class={`drop ${over.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        onFiles([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {children}
    </div>
  );
}
