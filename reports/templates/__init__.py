"""The templates of the pages: one small file a part."""
