/** Chromium draws nothing beyond 33,554,400 px of an element, Firefox nothing beyond 17,895,698. */
const MAX_SCROLL_PX = 15_000_000;

/**
 * Maps the position of a scroll bar to a position in a content that may be larger than an element
 * can be. Short ways are the same in both, so that a wheel and a finger move the rows as usual; long
 * ways are in proportion.
 */
export class ScrollScale {
  readonly #maxPx: number;
  #contentPx = 0;
  #viewPx = 0;
  #scrollTop = 0;
  #contentTop = 0;

  constructor(maxPx = MAX_SCROLL_PX) {
    this.#maxPx = maxPx;
  }

  /** The height of the element that is scrolled. */
  get scrollPx(): number {
    return Math.min(this.#contentPx, this.#maxPx);
  }

  /** What is at the top of the view, in pixels of the content. */
  get contentTop(): number {
    return this.#contentTop;
  }

  /** What is to be added to a position in the content to get one in the element. */
  get offset(): number {
    return this.#scrollTop - this.#contentTop;
  }

  /** Takes the heights of the content and of the view. */
  resize(contentPx: number, viewPx: number): void {
    this.#contentPx = contentPx;
    this.#viewPx = viewPx;
    this.#contentTop = Math.min(this.#contentTop, this.#maxContentTop);
    if (!this.#isScaled) this.#contentTop = this.#scrollTop;
  }

  /** Takes the position of the scroll bar. */
  scrolledTo(scrollTop: number): void {
    const way = scrollTop - this.#scrollTop;
    this.#scrollTop = scrollTop;
    if (!this.#isScaled || scrollTop <= 0) {
      this.#contentTop = Math.max(0, scrollTop);
    } else if (scrollTop >= this.#maxScrollTop - 1) {
      this.#contentTop = this.#maxContentTop;
    } else if (Math.abs(way) <= 2 * this.#viewPx) {
      this.#contentTop = this.#clamped(this.#contentTop + way);
    } else {
      this.#contentTop = scrollTop * this.#factor;
    }
  }

  /**
   * Goes to a position in the content. Returns where the scroll bar has to be; it may be set there
   * without a change of what is shown.
   */
  goTo(contentTop: number): number {
    this.#contentTop = this.#clamped(contentTop);
    this.#scrollTop = this.#isScaled ? this.#contentTop / this.#factor : this.#contentTop;
    return this.#scrollTop;
  }

  get #isScaled(): boolean {
    return this.#contentPx > this.#maxPx;
  }

  get #maxScrollTop(): number {
    return Math.max(0, this.scrollPx - this.#viewPx);
  }

  get #maxContentTop(): number {
    return Math.max(0, this.#contentPx - this.#viewPx);
  }

  get #factor(): number {
    return this.#maxScrollTop === 0 ? 1 : this.#maxContentTop / this.#maxScrollTop;
  }

  #clamped(contentTop: number): number {
    return Math.min(this.#maxContentTop, Math.max(0, contentTop));
  }
}
