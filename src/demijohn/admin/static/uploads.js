// Fields of files: the whole box takes a dropped file, and a chosen picture is shown before it is sent.
(() => {
  'use strict';
  if (window.dmUploads) return;
  window.dmUploads = true;

  const boxOf = (event) => event.target.closest?.('[data-dm-upload]');
  const LARGEST_PREVIEW = 20e6;

  const show = (box, file) => {
    const place = box.querySelector('[data-dm-chosen]');
    place.replaceChildren();
    if (!file) return;
    place.append(`${JSON.parse(box.dataset.words).Chosen}: ${file.name}`);
    if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type) || file.size > LARGEST_PREVIEW) return;
    const reader = new FileReader();
    reader.onload = () => {
      const picture = document.createElement('img');
      picture.className = 'dm-upload-picture';
      picture.alt = '';
      picture.src = reader.result;
      place.prepend(picture);
    };
    reader.readAsDataURL(file);
  };

  for (const kind of ['dragenter', 'dragover']) {
    document.addEventListener(kind, (event) => {
      const box = boxOf(event);
      if (!box) return;
      event.preventDefault();
      box.classList.add('dm-dropping');
    });
  }
  document.addEventListener('dragleave', (event) => {
    const box = boxOf(event);
    if (box && !box.contains(event.relatedTarget)) box.classList.remove('dm-dropping');
  });
  document.addEventListener('drop', (event) => {
    const box = boxOf(event);
    if (!box) return;
    event.preventDefault();
    box.classList.remove('dm-dropping');
    const input = box.querySelector('input[type=file]');
    if (input.disabled || !event.dataTransfer.files.length) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  document.addEventListener('change', (event) => {
    if (event.target.type === 'file' && boxOf(event)) show(boxOf(event), event.target.files[0]);
  });
})();
