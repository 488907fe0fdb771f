/** The width of an element in CSS pixels as it changes, so that a picture can be drawn in them and its words stay legible. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** `first` is used until the element has been measured. */
export function useWidth(element: RefObject<Element | null>, first: number): number {
  const width = useSignal(first);
  useLayoutEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) width.value = Math.round(entry.contentRect.width);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, width]);
  return width.value;
}
