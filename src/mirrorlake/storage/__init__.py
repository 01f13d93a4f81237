"""1 reach: lists and reads the objects of a bucket or folder behind one small contract."""
