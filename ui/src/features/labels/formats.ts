// The label formats that can be imported and exported, with the names that the server knows.
export const FORMATS = [
  { value: 'yolo', label: 'YOLO detection and segmentation' },
  { value: 'yolo-obb', label: 'YOLO oriented boxes' },
  { value: 'coco', label: 'COCO JSON' },
  { value: 'voc', label: 'Pascal VOC XML' },
  { value: 'labelme', label: 'LabelMe JSON' },
  { value: 'label-studio', label: 'Label Studio tasks' },
  { value: 'encord', label: 'Encord label rows' },
  { value: 'dataloop', label: 'Dataloop items' },
  { value: 'createml', label: 'Create ML JSON' },
  { value: 'vi', label: 'Datature Vi JSONL' },
  { value: 'csv', label: 'CSV of boxes' },
];
