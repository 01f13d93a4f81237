"""mirrorlake: a searchable library of images that stays in step with cloud buckets."""
